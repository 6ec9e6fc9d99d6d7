import { type Section, paragraph } from '../../prose/blocks.ts';
import { cite, prose } from '../../prose/inline.ts';

/** Where the question comes from, and what others have built and measured. */
export function relatedWork(): Section {
  return {
    kind: 'section', id: 'related', title: prose`Related work`, layout: 'plain',
    blocks: [
      paragraph(prose`Reusing prefixes. PagedAttention ${cite('paged')} made KV memory shareable between requests, and SGLang ${cite('sglang')} keeps all prefixes of a server in a radix tree. Mooncake ${cite('mooncake')} pools the memory of a cluster’s hosts into one KV store behind a central conductor and states when moving a cache beats computing it; its break-even bound is one of the closed forms used here. Decentralised prefix routing ${cite('prefix')} moves requests instead of caches and needs no coordinator; it is reproduced here with its competitors.`),
      paragraph(prose`Reusing chunks. Prompt Cache ${cite('promptcache')} and RAGCache ${cite('ragcache')} keep the caches of documents that many prompts share. Chunks computed apart from each other stand at wrong positions and have not seen each other: TurboRAG ${cite('turborag')} and Block-Attention ${cite('block')} re-position keys and train the model to read blind chunks, CacheBlend ${cite('cacheblend')} recomputes the tokens that deviate most. CacheGen ${cite('cachegen')} and KIVI ${cite('kivi')} shrink what has to be kept or sent. The stitching policies and codecs here follow them; what they do to text is measured on small models.`),
      paragraph(prose`Peer to peer. Chord ${cite('chord')}, Pastry ${cite('pastry')} and Kademlia ${cite('kademlia')} find the owner of a key in a number of steps that grows with the logarithm of the nodes; their published tables are reproduced under their own definitions, and the comparison of cost against performance under churn follows Li and others ${cite('frontier')}. KV Cache P2P ${cite('kvp2p')} is a prototype that moves caches layer by layer between peers on a local network; its demo is reproduced and its stage times are the input.`),
      paragraph(prose`Serving and its simulation. Continuous batching ${cite('orca')}, chunked prefill ${cite('sarathi')} and the splitting of prefill from decode ${cite('splitwise')}, ${cite('distserve')} shape the engine modelled here. Vidur ${cite('vidur')} predicts the time of an iteration from profiles of operators; our cost models are fitted to the same kind of data. SimGrid ${cite('simgrid')} showed that fluid max-min sharing predicts bulk transfers well at a fraction of the cost of packets. What sets this simulator apart is that overlays, links, stores and GPU queues run on one clock, with real tensors beside it.`),
    ],
  };
}
