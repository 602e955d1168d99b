// Numbers of pcapng: types of blocks, and codes of their options (draft-ietf-opsawg-pcapng).

/** Block types. */
export const block = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2, // obsolete
  simplePacket: 3,
  statistics: 5,
  enhancedPacket: 6,
} as const

/** Codes of options: of an Interface Description Block, and of the blocks that are named. */
export const option = {
  comment: 1,
  name: 2,
  description: 3,
  mac: 6,
  speed: 8,
  resolution: 9,
  filter: 11,
  os: 12,
  fcsLength: 13,
  offset: 14,
  section: { hardware: 2, os: 3, application: 4 },
  packet: { flags: 2, hash: 3, drops: 4, id: 5, queue: 6, verdict: 7 },
  statistics: { start: 2, end: 3, received: 4, dropped: 5, accepted: 6, delivered: 8 },
} as const
