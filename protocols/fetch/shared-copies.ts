import type { Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import { arrayHeaderBytes } from '../overlay/wire-format.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import { CopyDirectory } from '../placement/copy-directory.ts';
import type { TieredStore } from '../store/tiered-store.ts';
import type { Locator } from './locator.ts';

export interface SharedCopiesWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly locator: Locator;
  readonly geometries: ChunkGeometries;
  /** By host: peers only. */
  readonly nodes: readonly { readonly host: HostId; readonly holdings: TieredStore }[];
}

interface TellMessage {
  readonly segments: readonly number[];
}

interface StaleMessage {
  readonly segment: number;
  readonly holder: HostId;
}

/** A chunk that a host keeps a copy of. */
interface SharedUnit {
  readonly segments: readonly number[];
  /** The replica holders that it told, each with its segments. */
  readonly told: Map<HostId, number[]>;
}

/** Array header and type code; then each segment as a key of 8 bytes: bin 8 header and bytes (MessagePack specification). */
const tellBytes = ({ segments }: TellMessage): number => 1 + 1 + arrayHeaderBytes(segments.length) + 10 * segments.length;
/** The same for one segment, and the holder as 4 bytes with their header. */
const STALE_BYTES = 1 + 1 + 10 + 5;

/**
 * Copies of hot chunks that others can find. Who keeps one tells the replica holders of its segments, again at half of the time for which they believe it, as
 * long as it has the copy. A replica holder that is asked while it is sending already hands out, of itself and the copies it knows of, any one: load decides when, chance decides who.
 * A reader that finds no copy where it was sent tells who sent it, which forgets it.
 */
export class SharedCopies {
  readonly #world: SharedCopiesWorld;
  readonly #leaseNs: Nanoseconds;
  readonly #directories: readonly CopyDirectory[];
  readonly #units: readonly Map<number, SharedUnit>[];
  readonly #random: RandomStream;
  readonly #tell: MessageType<TellMessage>;
  readonly #stale: MessageType<StaleMessage>;
  readonly #again: Handler<HostId>;

  /** @param leaseNs how long a replica holder believes what it was told */
  constructor(world: SharedCopiesWorld, leaseNs: Nanoseconds) {
    this.#world = world;
    this.#leaseNs = leaseNs;
    const { sim, network, nodes } = world;
    this.#directories = nodes.map(() => new CopyDirectory());
    this.#units = nodes.map(() => new Map());
    this.#random = sim.random.stream('copies');
    this.#again = sim.handler('copies.again', this.#tellAgain.bind(this));
    this.#tell = network.messageType<TellMessage>('copies.tell', (to, from, { segments }) => {
      for (const segment of segments) this.#directories[to].tell(segment, from, sim.now + leaseNs);
    }, tellBytes);
    this.#stale = network.messageType<StaleMessage>('copies.stale', (to, _from, { segment, holder }) => { this.#directories[to].drop(segment, holder); }, () => STALE_BYTES);
  }

  /** A host keeps a copy of a whole unit from now on: it finds the replica holders and tells them. */
  kept(host: HostId, unit: ContextUnit): void {
    const { locator, geometries } = this.#world;
    const count = geometries.of(unit.tokens).segmentBytes.length;
    const segments = Array.from({ length: count }, (_, segment) => geometries.segmentId(unit.id, segment));
    const shared: SharedUnit = { segments, told: new Map() };
    let left = count;
    segments.forEach((id, segment) => {
      locator.locate(host, unit.id, segment, false, ({ holders, own }) => {
        // What belongs here by placement is a replica, and no copy.
        if (!own) for (const holder of holders) append(shared.told, holder, id);
        if (--left > 0) return;
        const units = this.#units[host];
        if (units.size === 0) this.#schedule(host);
        units.set(unit.id, shared);
        this.#send(host, shared.told);
      });
    });
  }

  /** Where a busy replica holder sends an asker: a host that it believes to have a copy, or undefined where it serves the segment itself. */
  elsewhere(holder: HostId, asker: HostId, segment: number): HostId | undefined {
    const copies = this.#directories[holder].holders(segment, asker, this.#world.sim.now);
    return copies.length === 0 ? undefined : copies[this.#random.integer(copies.length + 1) - 1];
  }

  /** The asker had been sent to a host that has no copy. */
  stale(asker: HostId, sentBy: HostId, segment: number, holder: HostId): void {
    this.#world.network.send(asker, sentBy, this.#stale, { segment, holder });
  }

  #schedule(host: HostId): void {
    this.#world.sim.schedule(Math.ceil(this.#leaseNs / 2), this.#again, host);
  }

  #tellAgain(host: HostId): void {
    const { nodes } = this.#world;
    const units = this.#units[host];
    const byHolder = new Map<HostId, number[]>();
    for (const [unit, { segments, told }] of units) {
      if (!segments.every((id) => nodes[host].holdings.has(id))) {
        units.delete(unit);
        continue;
      }
      for (const [holder, ids] of told) for (const id of ids) append(byHolder, holder, id);
    }
    if (units.size === 0) return;
    this.#schedule(host);
    this.#send(host, byHolder);
  }

  #send(host: HostId, byHolder: ReadonlyMap<HostId, readonly number[]>): void {
    for (const [holder, segments] of byHolder) this.#world.network.send(host, holder, this.#tell, { segments });
  }
}

function append(lists: Map<HostId, number[]>, host: HostId, id: number): void {
  const list = lists.get(host);
  if (list === undefined) lists.set(host, [id]);
  else list.push(id);
}
