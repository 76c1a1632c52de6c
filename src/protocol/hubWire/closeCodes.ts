// How the hub closes sockets, beside Sibyl's own closings (`CLOSE` in sibylFrames.ts).

/** WebSocket's "try again later": whoever comes back with what they have gets, or says, all of the rest. */
export const CLOSE_AGAIN = 1013;

/** A viewer that reads too slowly is closed with this, and comes back with `after`. */
export const CLOSE_TOO_SLOW = 4008;
