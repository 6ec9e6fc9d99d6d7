/** What a picture of an overlay shows, as plain data: nodes, their tables, and lookups with every message they sent. */

/** Members by index; positions are shares of the identifier space, clockwise from the top. */
export interface OverlayPicture {
  readonly protocol: 'chord' | 'kademlia' | 'pastry';
  readonly title: string;
  /** Parameters and seed in words. */
  readonly caption: string;
  readonly idDigits: number;
  readonly nodes: readonly { readonly id: string; readonly at: number }[];
  readonly tables: readonly TableView[];
  readonly lookups: readonly LookupView[];
}

export type TableView =
  | {
      readonly protocol: 'chord';
      readonly predecessor: number;
      readonly successors: readonly number[];
      /** Runs of fingers with the same peer: exponents `from` … `to`, the start of the first. */
      readonly fingers: readonly { readonly from: number; readonly to: number; readonly start: string; readonly peer: number }[];
    }
  | {
      readonly protocol: 'kademlia';
      /** Buckets that hold somebody; the subtree each covers as shares of the identifier space. */
      readonly buckets: readonly { readonly index: number; readonly from: number; readonly to: number; readonly peers: readonly number[] }[];
    }
  | {
      readonly protocol: 'pastry';
      /** Row l, column d: a node, −1 where none is known, −2 where the node's own digit is. Rows without a peer at the end are left out. */
      readonly rows: readonly (readonly number[])[];
      readonly smaller: readonly number[];
      readonly larger: readonly number[];
      readonly neighbourhood: readonly number[];
    };

export interface LookupView {
  readonly from: number;
  readonly key: string;
  readonly keyAt: number;
  readonly owner: number;
  readonly hops: number;
  readonly milliseconds: number;
  /** Moments at which messages were sent, acknowledgements left out. */
  readonly steps: readonly LookupStep[];
}

export interface LookupStep {
  readonly milliseconds: number;
  readonly messages: readonly LookupMessage[];
}

export interface LookupMessage {
  readonly from: number;
  readonly to: number;
  /** `query`: towards the owner; `answer`: back. */
  readonly kind: 'query' | 'answer';
}
