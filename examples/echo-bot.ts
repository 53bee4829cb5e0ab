/**
 * A person made of code: prints its invite link, accepts whoever asks, and says every text back.
 *
 *     node examples/echo-bot.ts [relay origin] [data folder]
 *
 * The relay is http://localhost:8080 unless told; without a folder the bot forgets itself at the end.
 */
import { createClient } from '../src/node/create-client.ts'
import type { Commanding, Outcome } from '../src/client/contract.ts'

const [relay = 'http://localhost:8080', dataFolder] = process.argv.slice(2)

const valueOf = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.kind}: ${outcome.error.reason}`)
}

const signUp = async (client: Commanding): Promise<void> => {
  if (valueOf(await client.me()) === null) valueOf(await client.createAccount('Echo'))
}

const client = await createClient({ relay, ...(dataFolder === undefined ? {} : { dataFolder }) })

client.on('contactRequest', ({ contact }) => {
  void client.acceptRequest(contact.account).then((outcome) => {
    console.log(outcome.ok ? `${contact.name} is here` : `Not accepted: ${outcome.error.reason}`)
  })
})
client.on('messageReceived', ({ message }) => {
  if (message.kind !== 'text') return
  void client.sendMessage(message.conversation, message.text).then((outcome) => {
    if (!outcome.ok) console.log(`Not echoed: ${outcome.error.reason}`)
  })
  void client.markRead(message.conversation, message.id)
})

await signUp(client)
const { link } = valueOf(await client.inviteLink())
console.log(`Open this link in MePassa, or paste it under "Add contact":\n${link}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void client.close().then(() => process.exit(0)))
}
