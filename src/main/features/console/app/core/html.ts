import htm from "htm";
import { h, type VNode } from "preact";

/** JSX as a tagged template. Text is never parsed as HTML. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** What a component may return or be given as a child. */
export type Content = VNode | string | number | null | undefined | false | readonly Content[];
