// The same types for require().
import oxrtmp = require('oxrtmp')
import lowlevel = require('oxrtmp/lowlevel')

export async function main (): Promise<void> {
  const server: oxrtmp.Server = await oxrtmp.Server.listen('127.0.0.1:0')
  const request = await server.nextRequest()
  const session: oxrtmp.Session | undefined = await request?.accept()
  const packet: oxrtmp.Packet | undefined = await session?.nextPacket()
  console.log(packet?.kind === 'frame', packet?.dtsNs)
  await server.close()
}

export const parsed: oxrtmp.Packet[] = lowlevel.packetParse(9, 0, lowlevel.packetBuild({ media: 'video', raw: Buffer.alloc(5) }))
