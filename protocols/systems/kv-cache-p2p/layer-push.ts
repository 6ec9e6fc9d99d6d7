import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { TransferOutcome } from '../../../sim/network/transfers.ts';
import type { ContextUnit } from '../../../sim/serving/request.ts';
import type { PeerNode } from '../peer-node.ts';
import type { LayerDirectory, NamedLayer } from './layer-directory.ts';
import type { LayerNames } from './layer-names.ts';
import type { LayerStages } from './layer-stages.ts';
import { storeBytes } from './messages.ts';
import type { PeerLinks } from './peer-links.ts';

export interface PushWorld {
  readonly sim: Simulator;
  readonly nodes: readonly PeerNode[];
  readonly links: PeerLinks;
  readonly stages: LayerStages;
  readonly names: LayerNames;
  readonly directory: LayerDirectory;
}

/** Layers of one prompt on their way to one peer. */
interface Push {
  readonly from: HostId;
  readonly to: HostId;
  readonly layers: readonly { readonly layer: NamedLayer; readonly tokens: number }[];
  at: number;
  readonly done: () => void;
}

/** Sends `store` messages: layers that were computed here go to peers, one after the other, through the same stages as what is fetched. */
export class LayerPush {
  readonly #world: PushWorld;
  /** Layers that peers have taken. */
  pushed = 0;

  constructor(world: PushWorld) {
    this.#world = world;
  }

  /** `done` is called once, when the last layer is there or given up. */
  push(from: HostId, to: HostId, units: readonly ContextUnit[], done: () => void): void {
    const { names, links } = this.#world;
    const layers = units.flatMap((unit) => Array.from({ length: names.layers }, (_, layer) => ({ layer: names.name(unit, layer), tokens: unit.tokens })));
    const push: Push = { from, to, layers, at: 0, done };
    links.connect(from, to, (open) => { if (open) this.#next(push); else done(); });
  }

  #next(push: Push): void {
    const { stages, names, links } = this.#world;
    const { from, to, layers, at } = push;
    if (at >= layers.length) {
      push.done();
      return;
    }
    const { layer, tokens } = layers[at];
    const bytes = names.bytes(tokens);
    stages.sending[from].acquire(bytes.data, () => {
      stages.pack(from, bytes, () => {
        links.transfer(from, to, storeBytes(layer.key, names.head(tokens), bytes.data), [], (outcome: TransferOutcome) => {
          stages.sending[from].release(bytes.data);
          if (outcome === 'done') this.#receive(push);
          else push.done();
        }, undefined);
      });
    });
  }

  #receive(push: Push): void {
    const { stages, names, nodes, directory } = this.#world;
    const { layer, tokens } = push.layers[push.at];
    const bytes = names.bytes(tokens);
    stages.receiving[push.to].acquire(bytes.data, () => {
      stages.unpack(push.to, bytes, () => {
        stages.receiving[push.to].release(bytes.data);
        if (nodes[push.to].holdings.write(layer.id, bytes.raw) !== undefined) {
          this.pushed++;
          directory.publish(push.to, [layer]);
        }
        push.at++;
        this.#next(push);
      });
    });
  }
}
