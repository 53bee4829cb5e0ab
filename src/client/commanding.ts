import type { Commanding, MePassaClient } from './contract.ts'

/** Gives a client a method for each thing that bots and screens do most. */
export const withMethods = (client: MePassaClient): Commanding => ({
  ...client,
  me: () => client.call('me', null),
  createAccount: (name) => client.call('createAccount', { name }),
  inviteLink: () => client.call('inviteLink', { renew: false }),
  addContact: (link) => client.call('addContact', { link }),
  acceptRequest: (account) => client.call('acceptRequest', { account }),
  markRead: (conversation, upTo) => client.call('markRead', { conversation, upTo }),
  sendMessage: (conversation, text) =>
    client.call('sendMessage', { conversation, id: client.newMessageId(), text }),
  messages: (conversation, limit, onValue) => client.live('messages', { conversation, limit }, onValue),
  conversations: (onValue) => client.live('conversations', null, onValue),
  contacts: () => client.call('contacts', null),
})
