import { byteWorkNs } from '../../../sim/hardware/host-cpu.ts';
import type { CopyDirection } from '../../../sim/hardware/copy-engine.ts';
import type { Simulator } from '../../../sim/kernel/simulator.ts';
import { Station } from '../../../sim/kernel/station.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { PeerNode } from '../peer-node.ts';
import { PinnedPool } from './pinned-pool.ts';

export const CIPHERS = ['none', 'aes-gcm', 'chacha20-poly1305'] as const;
export type Cipher = (typeof CIPHERS)[number];

/** Rates of the stages in bytes per second; undefined where the hardware catalogue answers. */
export interface StageRates {
  readonly deviceToHost: number | undefined;
  readonly encode: number | undefined;
  readonly decode: number | undefined;
  readonly hostToDevice: number | undefined;
}

export interface StageOptions {
  readonly rates: StageRates;
  /** Stored layers lie in GPU memory: reading one takes a copy to the host. */
  readonly inDevice: boolean;
  /** Layers are quantised for the way. */
  readonly quantised: boolean;
  readonly cipher: Cipher;
  /** Page-locked memory of a node for each direction. */
  readonly pinnedBytes: number;
  /** Time of a (de)quantisation kernel, given the bytes it reads and writes together. */
  readonly quantiseNs: (host: HostId, movedBytes: number) => Nanoseconds;
}

/** Sizes of one layer. */
export interface LayerBytes {
  /** FP16, in GPU memory. */
  readonly raw: number;
  /** As sent: quantised or not. */
  readonly data: number;
}

/** Times of the stages at one end, as told to whoever waits. */
export interface EndTimes {
  copyNs: Nanoseconds;
  codecNs: Nanoseconds;
}

/**
 * From a GPU to a message and back: pinned buffer, quantisation, copy engine, serialisation and cipher on a host core. Each stage of a
 * node serves one layer at a time, so layers in flight together pipeline.
 */
export class LayerStages {
  readonly sending: readonly PinnedPool[];
  readonly receiving: readonly PinnedPool[];
  readonly #sim: Simulator;
  readonly #nodes: readonly PeerNode[];
  readonly #options: StageOptions;
  /** By direction and host, where a rate stands in for the catalogue's. */
  readonly #copies: Readonly<Record<CopyDirection, readonly Station[] | undefined>>;

  constructor(sim: Simulator, nodes: readonly PeerNode[], options: StageOptions) {
    this.#sim = sim;
    this.#nodes = nodes;
    this.#options = options;
    this.sending = nodes.map(() => new PinnedPool(options.pinnedBytes));
    this.receiving = nodes.map(() => new PinnedPool(options.pinnedBytes));
    const stations = (direction: CopyDirection): Station[] | undefined => (options.rates[direction] === undefined ? undefined : nodes.map(({ host }) => new Station(sim, `node-${host}.kv-cache-p2p.${direction}`, 1)));
    this.#copies = { deviceToHost: stations('deviceToHost'), hostToDevice: stations('hostToDevice') };
  }

  /** Makes a stored layer ready to send; the caller holds a buffer of the sending pool. */
  pack(host: HostId, bytes: LayerBytes, done: (times: EndTimes) => void): void {
    const startNs = this.#sim.now;
    const encode = (): void => {
      const copiedNs = this.#sim.now;
      this.#onCore(host, this.#codecNs('encode', bytes.data), () => { done({ copyNs: copiedNs - startNs, codecNs: this.#sim.now - copiedNs }); });
    };
    if (!this.#options.inDevice) {
      // Host memory keeps FP16: a core rounds it, where a layer from the GPU was rounded there.
      this.#onCore(host, this.#options.quantised ? byteWorkNs('quantise', bytes.raw) : 0, encode);
      return;
    }
    this.#quantise(host, bytes, () => { this.copy(host, 'deviceToHost', bytes.data, encode); });
  }

  /** Brings an arrived layer into GPU memory; the caller holds a buffer of the receiving pool. */
  unpack(host: HostId, bytes: LayerBytes, done: (times: EndTimes) => void): void {
    const startNs = this.#sim.now;
    this.#onCore(host, this.#codecNs('decode', bytes.data), () => {
      const decodedNs = this.#sim.now;
      this.copy(host, 'hostToDevice', bytes.data, () => {
        const copiedNs = this.#sim.now;
        this.#quantise(host, bytes, () => { done({ copyNs: copiedNs - decodedNs, codecNs: decodedNs - startNs + this.#sim.now - copiedNs }); });
      });
    });
  }

  copy(host: HostId, direction: CopyDirection, sizeBytes: number, done: () => void): void {
    const stations = this.#copies[direction];
    const rate = this.#options.rates[direction];
    if (stations === undefined || rate === undefined) this.#nodes[host].copies.copy(direction, sizeBytes, done, undefined);
    else stations[host].serve(Math.ceil((sizeBytes / rate) * 1e9), done, undefined);
  }

  #quantise(host: HostId, bytes: LayerBytes, done: () => void): void {
    if (this.#options.quantised) this.#nodes[host].sideStream.serve(this.#options.quantiseNs(host, bytes.raw + bytes.data), done, undefined);
    else done();
  }

  #codecNs(direction: 'encode' | 'decode', sizeBytes: number): Nanoseconds {
    const rate = this.#options.rates[direction];
    return (rate === undefined ? byteWorkNs('serialise', sizeBytes) : Math.ceil((sizeBytes / rate) * 1e9)) + this.#cipherNs(sizeBytes);
  }

  #cipherNs(sizeBytes: number): Nanoseconds {
    switch (this.#options.cipher) {
      case 'none':
        return 0;
      case 'aes-gcm':
        return byteWorkNs('encrypt', sizeBytes);
      case 'chacha20-poly1305':
        return byteWorkNs('chacha20Poly1305', sizeBytes);
    }
  }

  #onCore(host: HostId, workNs: Nanoseconds, done: () => void): void {
    if (workNs === 0) done();
    else this.#nodes[host].cpu.charge(workNs, done, undefined);
  }
}
