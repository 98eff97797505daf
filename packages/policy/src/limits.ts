// The bounds of the language: size of an expression, range of an integer, work of an evaluation.

/** UTF-16 units of an expression. */
export const expressionLengthMax = 16_384

/** How deep expressions nest. */
export const expressionDepthMax = 64

/** Units of work of one evaluation, counted in parts of the expression per item of a list. */
export const workMax = 100_000

/** The range of i128. */
export const integerMin = -(2n ** 127n)
export const integerMax = 2n ** 127n - 1n

export function isInRange(value: bigint): boolean {
  return value >= integerMin && value <= integerMax
}
