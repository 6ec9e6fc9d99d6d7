import type { CopyEngine } from '../../sim/hardware/copy-engine.ts';
import type { CostModel } from '../../sim/hardware/cost-model.ts';
import type { Station } from '../../sim/kernel/station.ts';
import type { InferenceEngine } from '../../sim/serving/engine.ts';
import type { TieredStore } from '../store/tiered-store.ts';
import type { StorageNode } from './storage-node.ts';

/** One serving node: GPU with its engine, copy engines and side stream, host cores, and what it stores. */
export interface PeerNode extends StorageNode {
  readonly holdings: TieredStore;
  readonly costModel: CostModel;
  readonly engine: InferenceEngine;
  readonly copies: CopyEngine;
  /** GPU stream beside the engine's own, on which KV is dequantised and keys are rotated. */
  readonly sideStream: Station;
}
