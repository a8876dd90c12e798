// The catalogue of texts in the language of the page. Every text that a person reads comes from here.

import { en } from "./messages/en";

export * as format from "./messages/format";
export const m = en;
