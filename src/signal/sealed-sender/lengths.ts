/** Lengths within a version 2 message (spec §10.4): all that a server needs to take one apart, without the cryptography. */

/** Length of a recipient's share of the message key. */
export const SHARE_LENGTH = 32
/** Length of a recipient's authentication tag. */
export const AUTH_TAG_LENGTH = 16
/** Length of the ephemeral key, without its type byte. */
export const EPHEMERAL_LENGTH = 32
