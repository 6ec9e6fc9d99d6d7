/** The part of jStat 1.9 used here; the package ships no types. */
declare module 'jstat' {
  interface Distribution2 {
    cdf(x: number, first: number, second: number): number;
    inv(probability: number, first: number, second: number): number;
  }
  const library: {
    studentt: {
      cdf(x: number, degreesOfFreedom: number): number;
      inv(probability: number, degreesOfFreedom: number): number;
    };
    centralF: Distribution2;
    normal: Distribution2;
  };
  export default library;
}
