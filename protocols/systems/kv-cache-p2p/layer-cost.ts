/** What the layers of one fetch cost, summed over those that came from peers. */
export interface LayerCost {
  /** Layers asked for: held here or looked up. */
  asked: number;
  local: number;
  remote: number;
  /** Of the remote ones, those that came through the relay. */
  relayed: number;
  /** Uncompressed bytes that came from peers. */
  remoteBytes: number;
  /** From the start of the fetch until the last layer had landed. */
  startNs: number;
  endNs: number;
  readonly stageNs: Record<Stage, number>;
}

/** The way of a layer, in order. Waiting for a stage is part of it. */
export const STAGES = ['lookup', 'deviceToHost', 'encode', 'wire', 'decode', 'hostToDevice'] as const;
export type Stage = (typeof STAGES)[number];

export function newLayerCost(startNs: number): LayerCost {
  return { asked: 0, local: 0, remote: 0, relayed: 0, remoteBytes: 0, startNs, endNs: startNs, stageNs: { lookup: 0, deviceToHost: 0, encode: 0, wire: 0, decode: 0, hostToDevice: 0 } };
}
