/** The looks of an exported chat. Colours as those of the app, plainly written: the file is read by whatever opens it, for years. */
export const EXPORT_STYLE = `
:root{--page:#f6f5fa;--text:#1d1a29;--soft:#56526a;--own:#ded6fb;--other:#fff}
@media(prefers-color-scheme:dark){:root{--page:#131118;--text:#f1f0f5;--soft:#b9b5c6;--own:#3d2b70;--other:#26232e}}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.45 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:.9rem;font-weight:600;text-align:center;margin:2rem 0 1rem;color:var(--soft)}
p{margin:0 0 .25rem}
main>p,.marks,.line{color:var(--soft)}
ol{list-style:none;margin:0;padding:0;display:flow-root}
li{width:fit-content;max-width:85%;margin:0 0 .5rem;padding:.5rem .75rem;border-radius:14px;background:var(--other);break-inside:avoid}
.own{margin-inline-start:auto;background:var(--own)}
.notice{margin-inline:auto;background:none;text-align:center}
.own .marks,.own .line{color:inherit}
.who{font-weight:600;font-size:.875rem}
.text{white-space:pre-wrap;overflow-wrap:anywhere}
.marks{font-size:.8rem;margin:0}
.line{font-style:italic}
`
