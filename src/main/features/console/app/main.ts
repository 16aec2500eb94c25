import { h, render } from "preact";
import { App } from "./shell/app.ts";

render(h(App, {}), document.getElementById("app")!);
