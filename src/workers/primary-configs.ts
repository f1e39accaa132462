import type { LoadedConfig } from '../config/load.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { MapNode } from '../config/tree.ts'
import { configOfPrimary } from '../config/worker-config.ts'

/** Configs for the process above the workers, each with what it was read as: that is what workers get. */
export class PrimaryConfigs {
  readonly #trees = new WeakMap<ServiceConfig, MapNode>()

  /** What this process itself is to run of a config. */
  take(loaded: LoadedConfig): LoadedConfig {
    if (loaded.config === undefined) return loaded
    const config = configOfPrimary(loaded.config)
    this.#trees.set(config, loaded.effective)
    return { ...loaded, config }
  }

  /** Throws for a config that `take` has not given. */
  treeOf(config: ServiceConfig): MapNode {
    const tree = this.#trees.get(config)
    if (tree === undefined) throw new Error('this config was not read for workers')
    return tree
  }
}
