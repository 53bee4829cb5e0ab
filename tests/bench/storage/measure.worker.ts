import { measure } from './measure.ts'

self.onmessage = ({ data }: MessageEvent<readonly [conversations: number, messages: number]>) => {
  void measure(...data).then((figures) => self.postMessage(figures))
}
