import type { EventHandle } from '../../../sim/kernel/handler.ts';
import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Network } from '../../../sim/network/network.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { Id, IdSpace } from '../../overlay/id-space.ts';
import type { NodeIndex, Overlay } from '../../overlay/overlay.ts';
import type { FoundLayer, LayerDirectory, LookupTraffic, NamedLayer } from './layer-directory.ts';
import { lookup, provide, providers } from './messages.ts';
import type { PeerLinks, PeerMessage } from './peer-links.ts';
import { sha256 } from './sha256.ts';

export interface DhtWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly links: PeerLinks;
  readonly overlay: Overlay;
  readonly space: IdSpace;
  /** The node of the overlay from which a host asks. */
  readonly nodeOf: (host: HostId) => NodeIndex;
  /** The hosts responsible for a key, by the omniscient rule; for records placed before time 0. */
  readonly ownersOf: (key: Id, count: number) => readonly HostId[];
}

/** A question to the owners of a key, one after the other. */
interface Question {
  readonly asker: HostId;
  readonly layer: NamedLayer;
  readonly owners: readonly HostId[];
  readonly hops: number;
  readonly done: (found: FoundLayer) => void;
  at: number;
  timeouts: number;
  answered: boolean;
  timer: EventHandle;
}

interface Answer {
  readonly question: Question;
  /** Which owner it was asked of. */
  readonly at: number;
  readonly holders: readonly HostId[];
}

/**
 * Provider records over an overlay, as libp2p's content routing keeps them: a layer's key is hashed into the overlay, its owners keep who
 * holds it, and whoever looks for it asks them. The first owner that answers is believed; the next is asked only where one is silent.
 * Records are not withdrawn when a layer is evicted: the holder then says that it lacks it.
 */
export class DhtDirectory implements LayerDirectory {
  readonly #world: DhtWorld;
  readonly #records: number;
  readonly #timeoutNs: Nanoseconds;
  /** By host: holders of each layer, in the order in which they said so. */
  readonly #provided: Map<number, HostId[]>[];
  readonly #lookup: PeerMessage<{ readonly question: Question; readonly at: number }>;
  readonly #providers: PeerMessage<Answer>;
  readonly #provide: PeerMessage<{ readonly id: number; readonly holder: HostId }>;
  #lookups = 0;
  #overlayMessages = 0;

  /** @param records owners that keep the record of a layer */
  constructor(world: DhtWorld, hosts: number, records: number, timeoutNs: Nanoseconds) {
    this.#world = world;
    this.#records = records;
    this.#timeoutNs = timeoutNs;
    this.#provided = Array.from({ length: hosts }, () => new Map<number, HostId[]>());
    const { links, network } = world;
    network.watchHosts((host, alive) => { if (!alive && host < hosts) this.#provided[host].clear(); });
    this.#lookup = links.kind('lookup', (to, from, { question, at }) => {
      const holders = this.#holdersAt(to, question.layer.id);
      links.send(to, from, this.#providers, providers(holders.length), { question, at, holders });
    });
    this.#providers = links.kind<Answer>('providers', (_, __, answer) => { this.#onAnswer(answer); });
    this.#provide = links.kind('provide', (to, _, { id, holder }) => { this.#record(to, id, holder); });
  }

  find(from: HostId, layer: NamedLayer, done: (found: FoundLayer) => void): void {
    this.#lookups++;
    const { overlay, nodeOf } = this.#world;
    overlay.lookup(nodeOf(from), this.#keyOf(layer), (result) => {
      this.#overlayMessages += result.messages;
      const question: Question = { asker: from, layer, owners: this.#owners(result.replicas), hops: result.hops, done, at: -1, timeouts: result.timeouts, answered: false, timer: 0 };
      this.#askNext(question);
    });
  }

  publish(host: HostId, layers: readonly NamedLayer[]): void {
    const { overlay, nodeOf, links } = this.#world;
    for (const layer of layers) {
      overlay.lookup(nodeOf(host), this.#keyOf(layer), ({ replicas }) => {
        for (const owner of this.#owners(replicas)) {
          if (owner === host) this.#record(host, layer.id, host);
          else links.connect(host, owner, (open) => { if (open) links.send(host, owner, this.#provide, provide(layer.key), { id: layer.id, holder: host }); });
        }
      });
    }
  }

  preload(host: HostId, layer: NamedLayer): void {
    for (const owner of this.#world.ownersOf(this.#keyOf(layer), this.#records)) this.#record(owner, layer.id, host);
  }

  traffic(): LookupTraffic {
    const { ledger } = this.#world.overlay;
    // The ledger holds the lookups of publishing too: the bytes of ours are its mean message times our messages.
    const messages = ledger.totalMessages('lookup');
    const overlayBytes = messages === 0 ? 0 : (ledger.totalBytes('lookup') * this.#overlayMessages) / messages;
    return {
      lookups: this.#lookups,
      messages: this.#overlayMessages + this.#lookup.messages + this.#providers.messages,
      bytes: overlayBytes + this.#lookup.bytes + this.#providers.bytes,
    };
  }

  #askNext(question: Question): void {
    const { sim, links } = this.#world;
    question.at++;
    const { asker, at, owners, layer } = question;
    if (at >= owners.length) {
      this.#end(question, []);
      return;
    }
    const owner = owners[at];
    if (owner === asker) {
      this.#end(question, this.#holdersAt(asker, layer.id));
      return;
    }
    question.timer = sim.schedule(this.#timeoutNs, () => {
      question.timeouts++;
      links.close(asker, owner);
      this.#askNext(question);
    });
    links.connect(asker, owner, (open) => {
      if (open && question.at === at && !question.answered) links.send(asker, owner, this.#lookup, lookup(layer.key), { question, at });
    });
  }

  #onAnswer({ question, at, holders }: Answer): void {
    if (question.answered || question.at !== at) return;
    this.#world.sim.cancel(question.timer);
    this.#end(question, holders);
  }

  #end(question: Question, holders: readonly HostId[]): void {
    question.answered = true;
    const others = holders.filter((host) => host !== question.asker);
    // Askers begin at different holders, so that the first to provide is not the one that serves all.
    const first = others.length === 0 ? 0 : question.asker % others.length;
    question.done({ holders: [...others.slice(first), ...others.slice(0, first)], hops: question.hops, timeouts: question.timeouts });
  }

  #owners(nodes: readonly NodeIndex[]): HostId[] {
    return [...new Set(nodes.map((node) => this.#world.overlay.hostOf(node)))].slice(0, this.#records);
  }

  #holdersAt(owner: HostId, id: number): readonly HostId[] {
    return [...(this.#provided[owner].get(id) ?? [])];
  }

  #record(owner: HostId, id: number, holder: HostId): void {
    const holders = this.#provided[owner].get(id);
    if (holders === undefined) this.#provided[owner].set(id, [holder]);
    else if (!holders.includes(holder)) holders.push(holder);
  }

  #keyOf({ key }: NamedLayer): Id {
    const { model, layer, prefix } = key;
    const name = new TextEncoder().encode(`${model}/${layer}/`);
    const bytes = new Uint8Array(name.length + prefix.length);
    bytes.set(name);
    bytes.set(prefix, name.length);
    return this.#world.space.fromBytes(sha256(bytes));
  }
}
