/** The present as state, moved every half minute: enough for words like "today". */
export const useNow = (): { readonly value: number } => {
  let value = $state(Date.now())
  $effect(() => {
    const timer = setInterval(() => (value = Date.now()), 30_000)
    return () => clearInterval(timer)
  })
  return {
    get value() {
      return value
    },
  }
}
