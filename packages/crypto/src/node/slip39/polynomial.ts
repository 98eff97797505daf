// Shamir's secret sharing over GF(256), byte by byte, with the digest of SLIP-0039.
//
// Without tables and branches on secrets: neither the cache nor the time tells them.
import { randomBytes } from 'node:crypto'
import { equalBytes, hmacSha256 } from '../hash.ts'

const DIGEST_BYTES = 4
const DIGEST_X = 254
const SECRET_X = 255

/** A point of the polynomials: one byte of each at `x`. */
export interface Point {
  x: number
  value: Buffer
}

/**
 * Splits a secret into `count` points, of which any `threshold` give it back.
 *
 * @param threshold - with 1, every point is the secret itself
 */
export function splitSecret(
  secret: Buffer,
  { threshold, count }: { threshold: number; count: number },
): Point[] {
  if (threshold === 1) return Array.from({ length: count }, (_, x) => ({ x, value: secret }))
  const random = Array.from({ length: threshold - 2 }, (_, x) => ({
    x,
    value: randomBytes(secret.length),
  }))
  const salt = randomBytes(secret.length - DIGEST_BYTES)
  const digest = Buffer.concat([digestOf(salt, secret), salt])
  const base = [...random, { x: DIGEST_X, value: digest }, { x: SECRET_X, value: secret }]
  const derived = Array.from({ length: count - random.length }, (_, index) => {
    const x = index + random.length
    return { x, value: interpolate(base, x) }
  })
  return [...random, ...derived]
}

/** The secret that `threshold` points give, or undefined when they do not belong together. */
export function joinSecret(points: readonly Point[], threshold: number): Buffer | undefined {
  const [first] = points
  if (first === undefined || points.length !== threshold) return undefined
  if (threshold === 1) return first.value
  const secret = interpolate(points, SECRET_X)
  const digest = interpolate(points, DIGEST_X)
  const salt = digest.subarray(DIGEST_BYTES)
  const matches = equalBytes(digest.subarray(0, DIGEST_BYTES), digestOf(salt, secret))
  return matches ? secret : undefined
}

function digestOf(salt: Buffer, secret: Buffer): Buffer {
  return hmacSha256(salt, secret).subarray(0, DIGEST_BYTES)
}

/** The polynomials' values at `x`, by Lagrange. The points are at different places, none of them `x`. */
function interpolate(points: readonly Point[], x: number): Buffer {
  const result = Buffer.alloc(points[0]?.value.length ?? 0)
  for (const point of points) {
    const others = points.filter((other) => other !== point)
    const numerator = product(others.map((other) => x ^ other.x))
    const denominator = product(others.map((other) => point.x ^ other.x))
    const factor = multiply(numerator, inverse(denominator))
    for (const [index, byte] of point.value.entries()) {
      result[index] = (result[index] ?? 0) ^ multiply(byte, factor)
    }
  }
  return result
}

function product(factors: readonly number[]): number {
  return factors.reduce(multiply, 1)
}

/** In GF(256) modulo x⁸ + x⁴ + x³ + x + 1. */
function multiply(a: number, b: number): number {
  let [result, shifted] = [0, a]
  for (let bit = 0; bit < 8; bit += 1) {
    result ^= shifted & -((b >> bit) & 1)
    shifted = (shifted << 1) ^ (0x11b & -(shifted >> 7))
  }
  return result
}

/** a²⁵⁴ = a⁻¹. */
function inverse(a: number): number {
  let [result, power] = [1, a]
  for (let bit = 1; bit < 8; bit += 1) {
    power = multiply(power, power)
    result = multiply(result, power)
  }
  return result
}
