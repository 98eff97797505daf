// The names of the curves keys live on.

/**
 * A curve by the name used everywhere in this package: `secp256k1` (SEC 2), `p256` (FIPS 186-5,
 * also called nist256p1 or prime256v1) and `ed25519` (RFC 8032).
 */
export type Curve = 'secp256k1' | 'ed25519' | 'p256'
