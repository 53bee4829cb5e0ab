import {
  parseAccountId,
  parseMessageId,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../../protocol/ids.ts'

export const SETTINGS_SECTIONS = [
  'profile',
  'privacy',
  'notifications',
  'appearance',
  'language',
  'storage',
  'connection',
  'recovery',
  'backup',
  'about',
] as const
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number]

/** Where one is in the app; all of it stands in the address's fragment, which no server sees. */
export type Route =
  | { readonly name: 'chats' }
  | { readonly name: 'chat'; readonly conversation: ConversationId; readonly message?: MessageId }
  | { readonly name: 'contact'; readonly account: AccountId }
  | { readonly name: 'add' }
  | { readonly name: 'requests' }
  | { readonly name: 'invite'; readonly link: string }
  | { readonly name: 'settings'; readonly section?: SettingsSection }

const CHATS: Route = { name: 'chats' }
const isSection = (text: string): text is SettingsSection =>
  SETTINGS_SECTIONS.some((section) => section === text)

/** Reads a fragment such as `#/chat/<id>`. What is unknown or broken leads to the chats; a broken invite leads to its sentence. */
export const parseRoute = (hash: string): Route => {
  const [name = '', first = '', second = ''] = hash.replace(/^#\/?/, '').split('/')
  switch (name) {
    case 'chat': {
      const account = parseAccountId(first)
      const message = parseMessageId(second)
      if (!account) return CHATS
      const conversation = account as string as ConversationId
      return message ? { name: 'chat', conversation, message } : { name: 'chat', conversation }
    }
    case 'contact': {
      const account = parseAccountId(first)
      return account ? { name: 'contact', account } : CHATS
    }
    case 'add':
      return { name: 'add' }
    case 'requests':
      return { name: 'requests' }
    case 'invite':
      return { name: 'invite', link: hash }
    case 'settings':
      return isSection(first) ? { name: 'settings', section: first } : { name: 'settings' }
    default:
      return CHATS
  }
}

/** The fragment for a route. */
export const formatRoute = (route: Route): string => {
  switch (route.name) {
    case 'chats':
      return '#/'
    case 'chat':
      return `#/chat/${route.conversation}${route.message ? `/${route.message}` : ''}`
    case 'contact':
      return `#/contact/${route.account}`
    case 'invite':
      return route.link
    case 'settings':
      return `#/settings${route.section ? `/${route.section}` : ''}`
    default:
      return `#/${route.name}`
  }
}

/** Whether a phone shows the detail pane, not the list, for this route. */
export const isDetail = (route: Route): boolean =>
  route.name !== 'chats' && !(route.name === 'settings' && route.section === undefined)

/** One step up, where the back arrow and Escape lead. */
export const parentOf = (route: Route): Route => {
  if (route.name === 'contact')
    return { name: 'chat', conversation: route.account as string as ConversationId }
  if (route.name === 'settings' && route.section) return { name: 'settings' }
  return CHATS
}
