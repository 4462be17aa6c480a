import { __commonJSMin, __require } from "./rolldown-runtime.js";
// \0node-http
var require__node_http = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = __require("node:http");
}));
export { require__node_http };
