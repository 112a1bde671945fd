// The package for import: the same objects as for require, so that the library is loaded once.
import oxrtmp from './index.js'

export const {
  Server, Request, Session, Client, Packet, PacketFlags, Strict, Metadata, Recorder, FLVReader, Engine, Hub, Relay, ServerEvent,
  Refusal, chainHooks, logHooks, OxrtmpError, status, setLogger, setMemoryLimit, runtimeConfigure, libraryStatistics, version, buildInfo, amf, codec, Can, Caps, allCapabilities, intersectCapabilities
} = oxrtmp
