import { useMedia } from "../core/media.ts";
import type { FlowName, PartName } from "./model.ts";

/** A box: its upper left corner and its size, in units of the drawing. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** Where the parts stand, and how the arrows go. Reads are on one side, writes on the other. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: Readonly<Record<PartName, Box>>;
  readonly paths: Readonly<Record<FlowName, string>>;
}

const WIDE: Layout = {
  ...{ width: 1142, height: 502 },
  boxes: {
    clients: [1, 205, 128, 72],
    front: [184, 174, 170, 133],
    cache: [412, 88, 190, 147],
    point: [664, 1, 204, 152],
    scan: [664, 173, 204, 152],
    queue: [412, 377, 190, 95],
    writer: [664, 349, 204, 152],
    wal: [938, 351, 200, 147],
    file: [938, 126, 200, 72],
  },
  paths: {
    "clients-front": "M129 241H184",
    "front-cache": "M354 215C384 215 382 162 412 162",
    "cache-point": "M602 135C634 135 632 77 664 77",
    "cache-scan": "M602 190C634 190 632 249 664 249",
    "point-file": "M868 77C908 77 898 150 938 150",
    "scan-file": "M868 249C908 249 898 174 938 174",
    "front-queue": "M354 266C390 266 376 424 412 424",
    "queue-writer": "M602 424H664",
    "writer-wal": "M868 424H938",
    "wal-file": "M1038 351V198",
    "writer-cache": "M700 349C700 337 690 337 670 337H560C525 337 508 300 508 235",
  },
};

const MEDIUM: Layout = {
  ...{ width: 822, height: 502 },
  boxes: {
    clients: [1, 62, 166, 72],
    front: [1, 190, 166, 133],
    cache: [219, 61, 166, 147],
    point: [437, 1, 180, 152],
    scan: [437, 173, 180, 152],
    queue: [219, 356, 166, 95],
    writer: [437, 349, 180, 152],
    wal: [667, 351, 154, 147],
    file: [667, 126, 154, 72],
  },
  paths: {
    "clients-front": "M84 134V190",
    "front-cache": "M167 235C195 235 191 135 219 135",
    "cache-point": "M385 110C413 110 409 77 437 77",
    "cache-scan": "M385 160C413 160 409 249 437 249",
    "point-file": "M617 77C645 77 639 150 667 150",
    "scan-file": "M617 249C645 249 639 174 667 174",
    "front-queue": "M167 280C195 280 191 403 219 403",
    "queue-writer": "M385 403C413 403 409 424 437 424",
    "writer-wal": "M617 424H667",
    "wal-file": "M744 351V198",
    "writer-cache": "M475 349C475 337 465 337 445 337H350C320 337 302 290 302 208",
  },
};

const NARROW: Layout = {
  ...{ width: 358, height: 966 },
  boxes: {
    clients: [93, 1, 172, 72],
    front: [93, 112, 172, 133],
    cache: [14, 295, 160, 147],
    point: [14, 482, 160, 152],
    scan: [14, 674, 160, 152],
    queue: [197, 295, 160, 95],
    writer: [197, 482, 160, 152],
    wal: [197, 674, 160, 147],
    file: [93, 890, 172, 72],
  },
  paths: {
    "clients-front": "M179 73V112",
    "front-cache": "M140 245C140 272 94 268 94 295",
    "cache-point": "M70 442V482",
    "cache-scan": "M140 442C140 462 181 446 181 478V640C181 664 140 654 140 674",
    "point-file": "M14 560C4 560 4 570 4 590V880C4 920 50 926 93 926",
    "scan-file": "M94 826C94 860 150 856 150 890",
    "front-queue": "M218 245C218 272 277 268 277 295",
    "queue-writer": "M277 390V482",
    "writer-wal": "M277 634V674",
    "wal-file": "M277 821C277 860 208 856 208 890",
    "writer-cache": "M197 530C189 530 189 510 189 490V420C189 390 184 380 174 380",
  },
};

/** The layout that fits the window. */
export function useLayout(): Layout {
  const wide = useMedia("(min-width: 72rem)");
  const medium = useMedia("(min-width: 44rem)");
  return wide ? WIDE : medium ? MEDIUM : NARROW;
}
