// `npm run chaos`: the delivery oracle, with the broker that tests use (docs/delivery.md).
import { chaos } from '../dist/src/testing/oracle/main.js'
import { KafkaBroker } from '../dist/test/services/kafka.js'
import { install, missingFor } from '../dist/test/services/tools.js'

process.exitCode = await chaos(process.argv.slice(2), {
  createBroker: folder => {
    install('kafka')
    const missing = missingFor('kafka')
    if (missing !== undefined) throw new Error(missing)
    return KafkaBroker.create(folder)
  },
})
