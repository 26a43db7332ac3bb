// A static server on node's own modules: static.js PORT SITE LOG [relative]
// A line of the log is the client's port, the process and the thread (node answers on its main thread).
const fs = require("fs");
const http = require("http");
const path = require("path");

// With "relative" behind them it works in the folder and opens names that begin there.
const [port, folder, log, relative] = process.argv.slice(2);
const truth = fs.openSync(log, "a");
const site = relative ? "." : folder;
if (relative) process.chdir(folder);

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
