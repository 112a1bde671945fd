// oxrtmp/lowlevel for import: the same objects as for require.
import lowlevel from './index.js'

export const {
  HANDSHAKE_RANDOM_SIZE, Handshake, handshakeOffsets, authmodAdobe, authmodLlnw, ChunkDecoder, ChunkEncoder, AMFCursor, amfBuild, amfToJson,
  amfFromJson, controlParse, controlBuild, commandParse, commandBuild, packetParse, packetBuild,
  ColorSections, colorInfoParse, colorInfoBuild, flvHeader, flvTag, flvEnvelopeParse, flvEnvelopeBuild,
  timestampBefore,
  sharedObjectParse, sharedObjectBuild, aggregateParse, aggregateBuild,
  multitrack, multitrackForm, modexParse, modexBuild, channelsParse, channelsBuild
} = lowlevel
