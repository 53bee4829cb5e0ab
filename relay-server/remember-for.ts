/** Asks once for all who ask within so many ms: whoever asks often costs no more. A question that failed is asked again. */
export const rememberFor = <T>(life: number, ask: () => Promise<T>): (() => Promise<T>) => {
  let answer: Promise<T> | undefined
  return () => {
    if (answer) return answer
    const asked = ask()
    answer = asked
    const forget = (): void => void (answer = answer === asked ? undefined : answer)
    setTimeout(forget, life).unref()
    asked.catch(forget)
    return asked
  }
}
