import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { FrontEnd } from './front-end.ts';
import type { PeerNode } from './peer-node.ts';

/** One request on its way to the node that will serve it. */
export interface Dispatch {
  readonly request: Request;
  /** Bytes of the prompt on the wire. */
  readonly promptBytes: number;
  /** Times that it was sent before, and its node or somebody on the way died. */
  readonly attempt: number;
  readonly end: DispatchEnd;
}

/** KV that is on its way to a request's node beside the request. Its prefill waits for it. */
export interface Delivery {
  readonly startNs: Nanoseconds;
  /** Units that came, from the first to before the last; none so far. */
  from: number;
  to: number;
  ended: boolean;
  /** Called once, when it has ended; whoever waits sets it. */
  onEnd: () => void;
}

/** Told once for every dispatch how its way ended; never inside `send`, except that nobody was there to send to. */
export interface DispatchEnd {
  arrived(dispatch: Dispatch, node: PeerNode, delivery?: Delivery): void;
  /** Somebody on the way died: to be sent again. */
  lost(dispatch: Dispatch): void;
  /** No node is believed alive. */
  refused(dispatch: Dispatch): void;
}

/** Decides which node serves a request, and brings the prompt there. */
export interface Dispatcher {
  send(dispatch: Dispatch): void;
  /** A request that had arrived at this node has ended there; or the node `died` under it. */
  ended(request: Request, node: PeerNode, died: boolean): void;
  /** A node that was down is back. */
  recovered(node: PeerNode): void;
}

interface Sent {
  readonly dispatch: Dispatch;
  readonly node: PeerNode;
}

/** Picks the node for a request and counts it as sent there; undefined where no node is believed alive. */
type NodeChoice = (request: Request) => PeerNode | undefined;

/** The front end picks the node itself and sends the prompt straight there. */
export class DirectDispatcher implements Dispatcher {
  readonly #network: Network;
  readonly #host: HostId;
  readonly #frontEnd: FrontEnd;
  readonly #choose: NodeChoice;

  /** @param choose by default the front end's own policy */
  constructor(network: Network, host: HostId, frontEnd: FrontEnd, choose: NodeChoice = () => frontEnd.send()) {
    this.#network = network;
    this.#host = host;
    this.#frontEnd = frontEnd;
    this.#choose = choose;
  }

  send(dispatch: Dispatch): void {
    const node = this.#choose(dispatch.request);
    if (node === undefined) {
      dispatch.end.refused(dispatch);
      return;
    }
    this.#network.transfer({ from: this.#host, to: node.host, sizeBytes: dispatch.promptBytes }, this.#onSent, { dispatch, node });
  }

  ended(_request: Request, node: PeerNode, died: boolean): void {
    this.#frontEnd.ended(node);
    if (died) this.#frontEnd.setAlive(node, false);
  }

  recovered(node: PeerNode): void {
    this.#frontEnd.setAlive(node, true);
  }

  readonly #onSent = (outcome: TransferOutcome, { dispatch, node }: Sent): void => {
    if (outcome === 'done') {
      dispatch.end.arrived(dispatch, node);
      return;
    }
    this.ended(dispatch.request, node, true);
    dispatch.end.lost(dispatch);
  };
}
