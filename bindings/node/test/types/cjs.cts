// The same types for require().
import oxrtmp = require('oxrtmp')

export async function main (): Promise<void> {
  const server: oxrtmp.Server = await oxrtmp.Server.listen('127.0.0.1:0')
  const request = await server.nextRequest()
  const session: oxrtmp.Session | undefined = await request?.accept()
  const packet: oxrtmp.Packet | undefined = await session?.nextPacket()
  console.log(packet?.kind === 'frame', packet?.dtsNs)
  await server.close()
}
