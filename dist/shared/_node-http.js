import { require__node_http } from "./_node-http2.js";
export default require__node_http();
export {};
