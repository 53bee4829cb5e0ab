/** The admin page as text: no script, so nothing in it can be made to run. */
import type { Language } from './words.ts'

/** A term and what is said of it. */
export type Fact = readonly [term: string, value: string]
export interface Section {
  readonly title: string
  readonly help?: string
  readonly facts: readonly Fact[]
}

export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1d1730, #f1eefa); --soft: light-dark(#5a5270, #b9b1d0);
  --paper: light-dark(#fbfaff, #16121f); --line: light-dark(#ddd6ee, #3a3350); --accent: light-dark(#5b2fc0, #bfa3ff);
  --on-accent: light-dark(#fff, #1d1130); --wrong: light-dark(#a3123a, #ff9db3); }
body { margin: 0 auto; max-inline-size: 44rem; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-block: 2rem 0.25rem; }
p { color: var(--soft); margin-block: 0.25rem 0.75rem; } .wrong { color: var(--wrong); }
.made { overflow-wrap: anywhere; font-weight: 600; color: inherit; }
li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding-block: 0.5rem; }
ul { list-style: none; padding: 0; }
dl { display: grid; grid-template-columns: 1fr auto; margin: 0; border-block-start: 1px solid var(--line); }
dt, dd { margin: 0; padding-block: 0.5rem; border-block-end: 1px solid var(--line); }
dd { text-align: end; font-variant-numeric: tabular-nums; padding-inline-start: 1rem; }
label { display: block; font-weight: 600; }
input { box-sizing: border-box; inline-size: 100%; min-block-size: 2.75rem; margin-block: 0.25rem 1rem; padding: 0 0.75rem;
  font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 0.5rem; }
button { min-block-size: 2.75rem; min-inline-size: 2.75rem; padding: 0 1.25rem; font: inherit; font-weight: 600; border: 0;
  border-radius: 0.5rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
header button, li button { background: transparent; color: var(--accent); border: 1px solid currentColor; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`

/** Text as markup that shows it. */
export const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (one) => `&#${one.codePointAt(0)};`)

const documentOf = ({ tag, words }: Language, body: string): string =>
  `<!doctype html>
<html lang="${tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(words.title)} · MePassa</title>
<link rel="stylesheet" href="/admin/style.css">
</head>
<body>
${body}
</body>
</html>
`

/** The form that asks for the token; `problem` says why it asks again. */
export const signInPage = (language: Language, problem: string | null): string => {
  const { words } = language
  const told = problem === null ? '' : `<p class="wrong" role="alert">${escape(problem)}</p>`
  return documentOf(
    language,
    `<main>
<h1>${escape(words.signInTitle)}</h1>
<p id="help">${escape(words.signInHelp)}</p>
${told}
<form method="post" action="/admin/sign-in">
<label for="token">${escape(words.token)}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="help">
<button>${escape(words.signIn)}</button>
</form>
</main>`
  )
}

/** All that there is to see; `invites` is the markup of the invitations' part. */
export const overviewPage = (language: Language, sections: readonly Section[], invites: string): string => {
  const { words } = language
  const section = ({ title, help, facts }: Section): string => {
    const rows = facts.map(([term, value]) => `<dt>${escape(term)}</dt><dd>${escape(value)}</dd>`)
    const helped = help === undefined ? '' : `<p>${escape(help)}</p>\n`
    return `<h2>${escape(title)}</h2>\n${helped}<dl>\n${rows.join('\n')}\n</dl>`
  }
  return documentOf(
    language,
    `<header>
<h1>${escape(words.title)}</h1>
<form method="post" action="/admin/sign-out"><button>${escape(words.signOut)}</button></form>
</header>
<main>
${invites}
${sections.map(section).join('\n')}
</main>`
  )
}
