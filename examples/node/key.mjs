// Whether a publisher knows the key.
import { createHash, timingSafeEqual } from 'node:crypto'

/** @param {string} text */
const digest = text => createHash('sha256').update(text).digest()

/**
 * Compares in a time that does not tell where the difference is.
 * @param {string} a
 * @param {string} b
 */
export const same = (a, b) => timingSafeEqual(digest(a), digest(b))
