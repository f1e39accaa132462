import { realFiles } from '../../queue/log/files.ts'
import { powerLossFiles } from './power-loss-files.ts'
import { Random } from './random.ts'

/*
 * Loaded by `--import` into the Parsec under test: from here on, killing it is a power cut for its
 * queue's files. The object stays the same one, which is how the queue knows the real file system.
 */

const random = new Random(process.env['ORACLE_POWER_LOSS_SEED'] ?? '')
Object.assign(realFiles, powerLossFiles({ ...realFiles }, random))
