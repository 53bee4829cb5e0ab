/**
 * For reading messages of strangers: fields that are not known are passed over. Kept, each takes fifty times the two bytes that it can be sent in, and
 * time to match.
 */
export const NOTHING_UNKNOWN = { readUnknownFields: false } as const
