/** As little of an XMPP client as a measurement needs: login over plain TCP on loopback. */
import { once } from 'node:events'
import { connect } from 'node:net'

export const PASSWORD = 'for-measuring-alone'
const HEAD =
  "<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

export interface XmppStream {
  send(text: string): void
  /** Puts a listener in place of the one before. */
  onText(listener: (text: string) => void): void
  close(): void
}

/** Waits for something to be said. */
export const waitFor = (stream: XmppStream, what: RegExp): Promise<string> =>
  new Promise((resolve) => {
    let heard = ''
    stream.onText((text) => {
      heard += text
      if (what.test(heard)) resolve(heard)
    })
  })

const ask = (stream: XmppStream, text: string, what: RegExp): Promise<string> => {
  const heard = waitFor(stream, what)
  stream.send(text)
  return heard
}

/** Opens a stream; nobody is logged in. */
export const connectXmpp = async (port: number): Promise<XmppStream> => {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('utf8')
  await once(socket, 'connect')
  let listener: (text: string) => void = () => {}
  socket.on('data', (text) => listener(String(text)))
  socket.on('error', () => {})
  const stream: XmppStream = {
    send: (text) => void socket.write(text),
    onText: (next) => void (listener = next),
    close: () => socket.destroy(),
  }
  await ask(stream, HEAD, /<\/stream:features>/)
  return stream
}

/** Logs a user in. */
export const openXmpp = async (port: number, user: string): Promise<XmppStream> => {
  const stream = await connectXmpp(port)
  const secret = Buffer.from(`\0${user}\0${PASSWORD}`).toString('base64')
  await ask(
    stream,
    `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`,
    /<success/
  )
  await ask(stream, HEAD, /<\/stream:features>/)
  await ask(
    stream,
    "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    /<\/iq>|<iq[^>]*\/>/
  )
  return stream
}
