// Equality of types, which unlike assignability also tells `any` apart.
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export function holds<_T extends true>(): void {}
