/**
 * Numbers from 0 to `count` - 1 in turn, for each name by itself: others' pushes take no place of a device's. Remembers the `most` names that
 * were used last.
 */
export const createTopics = (most: number, count: number): ((name: string) => number) => {
  const last = new Map<string, number>()
  return (name) => {
    const topic = ((last.get(name) ?? -1) + 1) % count
    // Maps keep the order of insertion: the first is the one that was used longest ago.
    last.delete(name)
    last.set(name, topic)
    const [oldest] = last.keys()
    if (last.size > most && oldest !== undefined) last.delete(oldest)
    return topic
  }
}
