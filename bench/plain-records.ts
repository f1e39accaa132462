/** An array of small records as scripts and services post them, about 200 bytes each; always the same. */
export function plainRecords(count: number): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    timestamp: new Date(1_764_177_507_000 + i).toISOString(),
    level: i % 10 === 0 ? 'error' : 'info',
    message: `payment for order ${4711 + i} was accepted by the bank`,
    service: 'checkout',
    host: 'web-1',
    'user.id': `u-${i % 17}`,
    'http.response.status_code': 200,
    duration_ms: 12.5 + i,
  }))
  return Buffer.from(JSON.stringify(records))
}
