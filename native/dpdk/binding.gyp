{
  "targets": [{
    "target_name": "rxburst_dpdk",
    "sources": ["dpdk.cc"],
    "cflags_cc": ["-std=c++17", "-O3", "-Wall", "-Wextra", "-fvisibility=hidden", "<!@(pkg-config --cflags libdpdk)"],
    "cflags_cc!": ["-O2", "-std=gnu++17", "-std=gnu++20"],
    "defines": ["ALLOW_EXPERIMENTAL_API"],
    "ldflags": ["-Wl,-z,nodelete"],
    "libraries": ["-lrte_bus_vdev", "<!@(pkg-config --libs libdpdk)"]
  }]
}
