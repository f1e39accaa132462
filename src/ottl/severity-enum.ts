/** OTTL's names of severity numbers: SEVERITY_NUMBER_WARN2 is 14. */
export const SEVERITY_ENUM: ReadonlyMap<string, bigint> = new Map([
  ['SEVERITY_NUMBER_UNSPECIFIED', 0n],
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, level) =>
    ['', '2', '3', '4'].map(
      (suffix, step) => [`SEVERITY_NUMBER_${name}${suffix}`, BigInt(level * 4 + step + 1)] as const,
    ),
  ),
])
