{
  "target_defaults": {
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags_cc": ["-std=c++17", "-O3", "-Wall", "-Wextra", "-fvisibility=hidden"],
    "cflags_cc!": ["-O2", "-std=gnu++17", "-std=gnu++20"],
    "ldflags": ["-Wl,-z,nodelete"],
    "libraries": ["-ldl"]
  },
  "targets": [
    {"target_name": "rxburst", "sources": ["native/addon.cc"]},
    {"target_name": "rxburst_bench", "sources": ["native/bench/bench.cc"], "type": "shared_library", "product_dir": "<(PRODUCT_DIR)"}
  ]
}
