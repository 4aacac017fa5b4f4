"""Run at the prompt of `demo_session` before the first line is typed; it is not imported."""

print("Try:  ascan(robz, -5, 5, 50, .05, sim_ct_gauss_noise)")
print("      amesh(robx, -1, 1, 20, roby, -1, 1, 20, .005, fluo_diode)")
print("      umv(robx, 1)      wa()      ct(.1, diode1)      SCANS[-1].get_data()")
