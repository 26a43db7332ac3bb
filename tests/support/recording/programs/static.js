// A static server on node's own modules: static.js PORT SITE LOG
// A line of the log is the client's port, the process and the thread (node answers on its main thread).
const fs = require("fs");
const http = require("http");
const path = require("path");

const [port, site, log] = process.argv.slice(2);
const truth = fs.openSync(log, "a");

http
  .createServer((request, response) => {
    fs.writeSync(truth, `${request.socket.remotePort} ${process.pid} ${process.pid}\n`);
    request.resume();
    let name = path.posix.normalize(decodeURIComponent(request.url.split("?")[0]));
    if (name.endsWith("/")) name += "index.html";
    const file = fs.createReadStream(site + name);
    file.on("error", () => {
      response.statusCode = 404;
      response.end();
    });
    file.on("open", () => {
      response.setHeader("Content-Type", "application/octet-stream");
      if (request.method === "HEAD") {
        file.destroy();
        response.end();
      } else file.pipe(response);
    });
  })
  .listen(Number(port), "127.0.0.1");
