import { packColumns, packRun,unpackColumns,unpackRun } from '../kv/codecs/group-kernels.ts';
import { decodeHalves, encodeHalves } from '../kv/codecs/half.ts';
const T=512,C=128; const v=new Float32Array(T*C); let s=1; for(let i=0;i<v.length;i++){s=(Math.imul(s,1664525)+1013904223)>>>0; v[i]=(s/4294967296-0.5)*4;}
const h=encodeHalves(v); const out=new Float32Array(T*C);
const p={codes:new Uint8Array(T*C),scales:new Uint16Array(T*C/32),minima:new Uint16Array(T*C/32)};
const time=(n:string,f:()=>void)=>{let best=1e9; for(let r=0;r<400;r++){const t=performance.now();f();best=Math.min(best,performance.now()-t);} console.log(n,(T*C*2/best/1e3).toFixed(0),'MB/s', (best*1e6/(T*C)).toFixed(2),'ns/el');};
time('half',()=>{decodeHalves(h,out);});
for(const bits of [8,4,3]){ p.codes.fill(0); const gb=bits*4;
time('cols'+bits,()=>{for(let t=0;t<T;t+=32)packColumns(h,t*C,32,C,bits,p,t/32*C,t*C*bits/8);});
time('dcols',()=>{for(let t=0;t<T;t+=32)unpackColumns(p,t/32*C,t*C*bits/8,32,C,bits,out,t*C);});
p.codes.fill(0);
time('rows',()=>{let g=0;for(let i=0;i<T*C;i+=32){packRun(h,i,32,bits,p,g,g*gb);g++;}});
time('drows',()=>{let g=0;for(let i=0;i<T*C;i+=32){unpackRun(p,g,g*gb,32,bits,out,i);g++}});
}
