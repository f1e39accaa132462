import { startChdbFront } from '../../chdb-front.ts'

/*
 * A program: the real ClickHouse engine behind its HTTP interface, in a process of its own, so that
 * it lives on when Parsec is killed. It tells its parent the URL and ends with it.
 * Usage: fork(this file, [directory of the store])
 */

const front = await startChdbFront({ path: process.argv[2] ?? '' })
process.on('disconnect', () => process.exit(0))
process.send?.({ url: front.url })
