/** In a measured process: collects garbage when asked, so that its memory says what it holds. Node runs with `--expose-gc`. */
export const collectWhenAsked = (): void => {
  process.on('message', (message) => {
    if (message !== 'collect') return
    globalThis.gc?.()
    process.send?.('collected')
  })
}
