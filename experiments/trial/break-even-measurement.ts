/** The link rate at which fetching the KV of measured requests would take as long as computing it, by the cost model alone. */
import type { ChunkGeometries } from '../../protocols/placement/chunk-geometry.ts';
import type { RequestState } from '../../protocols/systems/request-state.ts';
import { breakEvenBps } from '../../sim/hardware/break-even.ts';
import type { CostModel } from '../../sim/hardware/cost-model.ts';

export class BreakEvenMeasurement {
  readonly #geometries: ChunkGeometries;
  #storedBytes = 0;
  #savedNs = 0;

  constructor(geometries: ChunkGeometries) {
    this.#geometries = geometries;
  }

  add({ request, sequence, node }: RequestState): void {
    let contextTokens = 0;
    for (const { tokens } of request.units) {
      contextTokens += tokens;
      this.#storedBytes += this.#geometries.of(tokens).storedBytes;
    }
    if (contextTokens === 0) return;
    const lastTokens = Math.max(1, request.suffixTokens);
    this.#savedNs += silently(node.costModel, (costs) => costs.prefillNs(sequence.promptTokens, 0) - costs.prefillNs(lastTokens, sequence.promptTokens - lastTokens));
  }

  metrics(): Record<string, number> {
    return this.#savedNs > 0 ? { breakEvenGbps: breakEvenBps(this.#storedBytes, this.#savedNs) / 1e9 } : {};
  }
}

/** What is asked for comparison raises no flag of a result. */
function silently(costs: CostModel, ask: (costs: CostModel) => number): number {
  costs.outOfRange.recording = false;
  try {
    return ask(costs);
  } finally {
    costs.outOfRange.recording = true;
  }
}
