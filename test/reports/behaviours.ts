import type { SweptKey } from '../../experiments/results/manifest.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import type { SyntheticBehaviour } from './synthetic-results.ts';

export const REPLICAS: SweptKey = { key: 'placement.replicas', values: [2, 3, 4], description: 'Copies of each segment' };
export const UPLINK: SweptKey = { key: 'network.up', values: ['10Gbps', '40Gbps', '100Gbps'], description: 'Uplink of every host' };

const UTILISATION = { gpuUtilisation: 0.3, cpuUtilisation: 0.05, linkUpUtilisationMax: 0.4, linkDownUtilisationMax: 0.3, diskUtilisationMax: 0.2 };

/** Peer to peer wins everywhere, and more so with more replicas. */
export function peersWin(cell: Cell, system: string): SyntheticBehaviour {
  const replicas = Number(cell['placement.replicas'] ?? 3);
  const common = { routing: 0.2, retrieval: 10 };
  switch (system) {
    case 'no-reuse':
      return { parts: { ...common, queueing: 60, prefill: 640 }, metrics: { ...UTILISATION, gpuUtilisation: 0.8 } };
    case 'central-disk':
      return { parts: { ...common, queueing: 40, transfer: 500, copy: 12, prefill: 20 }, hidden: { transfer: 30 }, remote: 0.98, metrics: UTILISATION };
    case 'central-memory':
      return { parts: { ...common, queueing: 40, transfer: 320, copy: 12, prefill: 20 }, hidden: { transfer: 20 }, remote: 0.98, metrics: UTILISATION };
    default:
      return { parts: { ...common, queueing: 20, lookup: 1, transfer: 200 - 30 * replicas, copy: 12, adjust: 0.4, prefill: 30 }, hidden: { lookup: 0.5, transfer: 25 }, local: 0.1, remote: 0.7, metrics: UTILISATION };
  }
}

/** A fast idle GPU and a slow link: recomputing beats fetching below 40 Gbps and loses above. */
export function crossover(cell: Cell, system: string): SyntheticBehaviour {
  const gbps = Number.parseFloat(String(cell['network.up'] ?? '40Gbps'));
  if (system === 'no-reuse') return { parts: { retrieval: 10, prefill: 190 }, metrics: UTILISATION };
  if (system === 'p2p') return { parts: { retrieval: 10, transfer: 6000 / gbps, prefill: 20 }, remote: 0.9, metrics: UTILISATION };
  return { parts: { retrieval: 10, transfer: 16000 / gbps, prefill: 20 }, remote: 0.98, metrics: UTILISATION };
}
