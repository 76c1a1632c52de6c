// The raw thing that our activation is measured beside.
module.exports.activate = () => undefined;
