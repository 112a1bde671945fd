// Which servers a program trusts, where a URL begins with rtmps://, and which certificate it shows itself.

/** @import { ClientOptions, ServerOptions } from 'oxrtmp' */

/** Flags: who vouches for rtmps servers, in place of the system's authorities; or do not check their certificates. */
export const trustFlags = { ca: '', insecure: false }

/** Flags: the certificate for addresses that begin with rtmps://, and its private key. */
export const certificateFlags = { 'tls-cert': '', 'tls-key': '' }

/**
 * @param {{ ca: string, insecure: boolean }} flags
 * @returns {Pick<ClientOptions, 'tls'>}
 */
export const trust = ({ ca, insecure }) => ({ tls: ca ? { caFile: ca, insecure } : { insecure } })

/**
 * @param {{ 'tls-cert': string, 'tls-key': string }} flags
 * @returns {Pick<ServerOptions, 'tls'>}
 */
export const certificate = flags =>
  flags['tls-cert'] ? { tls: { certificateFile: flags['tls-cert'], keyFile: flags['tls-key'] } } : {}
